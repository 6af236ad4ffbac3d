"""Alerts -> messages where people and programs look: webhooks, chats, e-mail, tasks in a CRM. Each alert once a channel."""
